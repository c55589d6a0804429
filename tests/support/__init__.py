"""What several kinds of tests and the benchmark share: processes, servers, databases and a website visitor."""
