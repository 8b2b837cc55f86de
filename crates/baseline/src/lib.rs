//! Where the texts to compare with come from: the work tree, git, and the generations on disk.
