"""The kinds of data that can be learnt from, a folder each."""
