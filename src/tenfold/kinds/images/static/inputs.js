
// Images: chosen, dropped, pasted, or taken with the camera.

function seen(one, address) {
  const title = make("h3", { textContent: one.file });
  if (one.error) {
    return make("div", {}, title, make("p", { textContent: `${one.error.code}: ${one.error.fact}.` }));
  }
  const frame = make("div", { className: "seen" }, make("img", { src: address, alt: one.file }));
  const parts = [title, frame];
  if (one.heat) {
    // The heat lies over the part of the picture that the network saw, squeezed to a square.
    const heat = make("img", { src: one.heat, className: "heat", alt: "" });
    frame.append(heat);
    const box = make("input", { type: "checkbox", checked: true });
    box.addEventListener("change", () => { heat.hidden = !box.checked; });
    parts.push(make("p", {}, make("label", {}, box, ` Grad-CAM: evidence for ${one.probabilities ? likeliest(one.probabilities) : "a higher value"}`)));
  }
  if (one.novelty > 1) {
    const warning = "This image is unlike those of training: do not rely on the answer.";
    parts.push(make("p", { className: "unlike", textContent: warning }));
  }
  if (!one.probabilities) return make("div", {}, ...parts, ...valued(one, "images"));
  const said = make("p", { className: "said", textContent: predicted(one) });
  return make("div", {}, ...parts, said, probabilities(one.probabilities));
}

// Browsers turn pictures upright by themselves, so that the picture and its heat agree.
async function asSeen(file) {
  try {
    const bitmap = await createImageBitmap(file);
    const { width, height } = bitmap;
    const [short, long] = [Math.min(width, height), Math.max(width, height)];
    const kept = short * (long / short) ** (1 - schema.crop);
    const [w, h] = width > height ? [kept, height] : [width, kept];
    const canvas = make("canvas", { width: Math.round(w), height: Math.round(h) });
    canvas.getContext("2d").drawImage(bitmap, (width - w) / 2, (height - h) / 2, w, h, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL("image/jpeg", 0.85);
  } catch {
    return URL.createObjectURL(file);
  }
}

async function predictPictures(files) {
  if (!files.length) return;
  const form = new FormData();
  for (const file of files) form.append("file", file, file.name || "picture");
  by("answer").replaceChildren(make("p", { textContent: "Predicting ..." }));
  const reply = await ask(schema.heat ? "?heat=true" : "", form, {});
  by("answer").replaceChildren();
  if (reply === null) return;
  const { predictions } = await reply.json();
  const addresses = await Promise.all(files.map(asSeen));
  by("answer").replaceChildren(
    make("div", { className: "pictures" }, ...predictions.map((one, at) => seen(one, addresses[at]))),
  );
}

let stream = null;

async function openCamera() {
  error.replaceChildren();
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    tell({ fact: "there is no camera that this page may use", fix: ["choose a file instead"] });
    return;
  }
  by("video").srcObject = stream;
  by("viewfinder").hidden = false;
  await by("video").play();
  by("shoot").focus();
}

function closeCamera() {
  stream?.getTracks().forEach((track) => track.stop());
  by("viewfinder").hidden = true;
  by("camera").focus();
}

function shoot() {
  const video = by("video");
  const canvas = make("canvas", { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d").drawImage(video, 0, 0);
  canvas.toBlob((blob) => predictPictures([new File([blob], "camera.jpg", { type: "image/jpeg" })]), "image/jpeg", 0.95);
  closeCamera();
}

dropping(predictPictures);
document.addEventListener("paste", (event) => predictPictures([...event.clipboardData.files]));
by("camera").addEventListener("click", openCamera);
by("shoot").addEventListener("click", shoot);
by("stop").addEventListener("click", closeCamera);
