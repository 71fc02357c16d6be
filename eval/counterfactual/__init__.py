"""What another policy would have done: estimates from the gateway's own logs. Decides nothing and serves nobody."""
