"""How long each kind of data is kept: settings with a dry run, and the nightly round that carries them out."""
