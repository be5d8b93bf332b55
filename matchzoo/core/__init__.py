"""What every part speaks and no method knows: samples, specs, steps, parts, schedules, errors."""
