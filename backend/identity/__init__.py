"""Who: sites, people, posts, teams, roles, sessions, permissions, audit."""
