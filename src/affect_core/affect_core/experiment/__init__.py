"""P0's experiment as data: the sets, the runs, their results, and the statistics over them."""
