"""Files are sent as they are; what is wrong with a request for one is JSON all the same."""

from rest_framework.renderers import JSONRenderer


class TextRenderer(JSONRenderer):
    """For who asks for text/plain."""

    media_type = "text/plain"


class CsvRenderer(JSONRenderer):
    """For who asks for text/csv."""

    media_type = "text/csv"
