"""履职: how well people did their duties, by rows that can be counted; each point cites its row and can be appealed."""
