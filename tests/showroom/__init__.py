"""The platform with a week behind it, for looks and measurements: screenshots, Lighthouse, lists of thousands."""
