"""The network on the chip: DPI neurons, digital weights, one event bus."""
