"""Of encoders, by classifiers of few labeled samples."""
