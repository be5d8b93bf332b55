"""How good the features of an encoder are: for classifiers of few labeled samples, and to find a sample again."""
