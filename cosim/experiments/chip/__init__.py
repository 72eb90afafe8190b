"""A network whose neurons are dies of their own: what learning on the chip is worth."""
