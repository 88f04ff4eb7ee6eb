"""The categories of objects that COCO annotates, by which queries name what they mean.

References
----------
T.-Y. Lin et al., "Microsoft COCO: common objects in context", 2014.
"""

# in the order of the numbers of COCO
_LIST = """
person|bicycle|car|motorcycle|airplane|bus|train|truck|boat|traffic light|fire hydrant
stop sign|parking meter|bench|bird|cat|dog|horse|sheep|cow|elephant|bear|zebra|giraffe
backpack|umbrella|handbag|tie|suitcase|frisbee|skis|snowboard|sports ball|kite
baseball bat|baseball glove|skateboard|surfboard|tennis racket|bottle|wine glass|cup
fork|knife|spoon|bowl|banana|apple|sandwich|orange|broccoli|carrot|hot dog|pizza|donut
cake|chair|couch|potted plant|bed|dining table|toilet|tv|laptop|mouse|remote|keyboard
cell phone|microwave|oven|toaster|sink|refrigerator|book|clock|vase|scissors|teddy bear
hair drier|toothbrush
"""
CATEGORIES = tuple(_LIST.strip().replace("\n", "|").split("|"))
