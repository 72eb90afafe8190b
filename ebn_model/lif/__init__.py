"""The paper's network: leaky integrate-and-fire neurons with ideal weights."""
