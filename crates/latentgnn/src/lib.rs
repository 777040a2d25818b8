//! LatentGNN and non-local blocks for unordered points, as burn modules on [batch, points, channels].
