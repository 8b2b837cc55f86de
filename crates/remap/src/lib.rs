//! Positions between two texts: line maps.
