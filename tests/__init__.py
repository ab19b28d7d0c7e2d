"""The tests of Tenfold; a package, so that they can share makers of tables."""
