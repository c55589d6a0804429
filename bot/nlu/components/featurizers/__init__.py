"""Features for the intent classifier. Each featurizer adds one block, whose weight is `scale` in config.yml."""
