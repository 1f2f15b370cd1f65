"""The program lstm-forecast, carried by a wheel. `python -m lstm_forecast` runs it; there is nothing to import."""
