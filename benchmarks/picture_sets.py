"""Sets of pictures of many kinds that several benchmarks use, and how answers are scored."""

from typing import Any, Final

CLIP: Final = 1e-7
# Name: repository that it comes from, and what is shown.
DEVELOPING: Final = {
    "characters": ("shared/data/pictures", "drawn letters and digits"),
    "greek": ("brendenlake/omniglot", "drawn Greek letters"),
    "arabic": ("mloey/Arabic-Handwritten-Characters-Dataset", "handwritten letters"),
    "signs": ("ardamavi/Sign-Language-Digits-Dataset", "hand signs"),
    "faces": ("WuJie1010/Facial-Expression-Recognition.Pytorch", "emotions, CK+"),
    "tiles": ("abin24/Magnetic-tile-defect-datasets.", "defects of magnetic tiles"),
    "brain": ("shared/data/pictures", "brain scans, tumour or not"),
    "ants": ("zhangtao7750/syn", "ants and bees"),
}
JUDGED: Final = {
    "waste": ("congduytran12/Trash-Classification-", "waste, TrashNet"),
    "land": ("palewithout/RSSCN7", "land from above"),
    "steel": ("duanhan123/YOLOv3_PyTorch", "defects of steel, NEU-DET"),
    "xrays": ("Dilara-Benli/covid19_image_classification", "X-rays of chests"),
    "traffic": ("hergerr/traffic-sign-recognition", "traffic signs, a frame a track"),
    "textures": ("pan8915/DeepTexture", "textures, ten classes of DTD"),
    "leaves": ("tran-khanhtrang/plantvillage-applergb", "leaves of apple trees"),
    "scenes": ("jaaumeadrover/Landscape-Image-Classification", "15 scenes, grey"),
    "ultrasound": ("TongxinWang0405/BMI702_project", "ultrasound of breasts"),
    "flowers": ("martinwestin/flower_classification", "flowers"),
    "cells": ("Treasure-Mayowa/Malaria-Cell-Classifier", "malaria in blood cells"),
    "sketches": ("MachineLearning2020/Homework3-PACS", "sketches, PACS without dogs"),
    "food": ("Gandolier/genai_food101_repo", "food at 64 px, ten classes"),
    "things": ("taibarehm/CVassimgement", "20 classes of Caltech-101"),
}
SETS: Final = DEVELOPING | JUDGED


def score(said: Any, place: Any) -> dict[str, float]:
    """Return accuracy and log-loss."""
    import numpy as np  # noqa: PLC0415 - after the number of threads is set

    own = np.clip(said[np.arange(len(place)), place], CLIP, 1)
    right = float((said.argmax(axis=1) == place).mean())
    return {"accuracy": right, "log_loss": float(-np.log(own).mean())}
