"""Learning from feedback while serving: corrections of what the router says, and exploring within a budget."""
