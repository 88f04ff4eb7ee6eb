"""An arm at random for each frame: what a choice must beat."""

from blocks.adapting import setting_of


class Random:
    """Uniform over the arms."""

    def __call__(self, context, memory, draws):
        """Draw an arm; no memory."""
        arm = context.arms[int(draws.integers(len(context.arms)))]
        return setting_of(context, arm), None


def build() -> Random:
    """Build the adapter."""
    return Random()
