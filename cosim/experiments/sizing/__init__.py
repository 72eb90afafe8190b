"""The kind `sizing`: what the area of the decisive devices buys."""
