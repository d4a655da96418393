"""The cause library: how equipment fails, what that shows, who could check it; and the fusion of all evidence.

``catalogue`` (types and files) → ``assembling`` (a trace's network, pure) → ``fusing`` (from and to the database) →
``asking`` (questions and their answers) → pages and API. docs/tracing/library.md explains it.
"""
