"""Maps of importance, one file each: pictures to what matters in them."""
