"""Keras models as networks: all folds of one model, on the backend that Keras has."""
