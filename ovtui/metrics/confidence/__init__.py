"""How sure a figure is: the binomial rule, how far requests depend on each other, intervals of means and rates."""
