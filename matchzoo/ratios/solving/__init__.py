"""What the estimators solve: quadratic programs, mixtures, systems of a kernel."""
