"""From a trained model to one file that answers without Tenfold."""
