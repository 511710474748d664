"""The benchmark tab: its form, its live page, its results, and the runs that are kept."""
