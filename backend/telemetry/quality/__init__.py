"""How good a source's data is: hourly cells of points, days of sources, the norm by which they are judged."""
