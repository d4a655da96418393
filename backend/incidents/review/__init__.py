"""复盘: what an incident leaves behind: duties not done with the answers of those whose they were."""
