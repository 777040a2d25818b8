//! Disjoint sets with sizes.

pub(crate) struct Union {
    parent: Vec<u32>,
    size: Vec<u32>,
}

impl Union {
    pub fn new(n: usize) -> Union {
        Union { parent: (0..n as u32).collect(), size: vec![1; n] }
    }

    pub fn find(&mut self, mut i: u32) -> u32 {
        while self.parent[i as usize] != i {
            // Path halving.
            let up = self.parent[self.parent[i as usize] as usize];
            self.parent[i as usize] = up;
            i = up;
        }
        i
    }

    /// Root of the joined set: the larger one's, the smaller index on a draw.
    pub fn join(&mut self, a: u32, b: u32) -> u32 {
        let (a, b) = (self.find(a), self.find(b));
        if a == b {
            return a;
        }
        let (sa, sb) = (self.size(a), self.size(b));
        let (root, child) = if sa > sb || (sa == sb && a < b) { (a, b) } else { (b, a) };
        self.parent[child as usize] = root;
        self.size[root as usize] = sa + sb;
        root
    }

    /// Members of the set whose root is `root`.
    pub fn size(&self, root: u32) -> u32 {
        self.size[root as usize]
    }
}
