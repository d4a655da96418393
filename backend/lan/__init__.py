"""https on the plant's own network: a certificate authority of the installation, and how phones come to trust it."""
