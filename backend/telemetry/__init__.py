"""What the plant's sensors say: formats, cleaning, storage, quality, the MQTT ingest role."""
