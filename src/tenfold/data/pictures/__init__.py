"""From files of pictures to squares of one size, and to folds."""
