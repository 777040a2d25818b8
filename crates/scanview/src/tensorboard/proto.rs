//! The little of the protocol buffers' encoding that events need, see
//! <https://protobuf.dev/programming-guides/encoding/>.

/// A message in the making: fields in the order in which they are added.
#[derive(Debug, Clone, Default)]
pub(super) struct Message(Vec<u8>);

impl Message {
    pub fn new() -> Self {
        Message::default()
    }

    pub fn encoded(&self) -> &[u8] {
        &self.0
    }

    pub fn varint(mut self, field: u8, value: u64) -> Self {
        self.key(field, 0);
        self.number(value);
        self
    }

    pub fn double(mut self, field: u8, value: f64) -> Self {
        self.key(field, 1);
        self.0.extend(value.to_le_bytes());
        self
    }

    pub fn float(mut self, field: u8, value: f32) -> Self {
        self.key(field, 5);
        self.0.extend(value.to_le_bytes());
        self
    }

    pub fn bytes(mut self, field: u8, value: &[u8]) -> Self {
        self.key(field, 2);
        self.number(value.len() as u64);
        self.0.extend(value);
        self
    }

    pub fn message(self, field: u8, value: &Message) -> Self {
        self.bytes(field, &value.0)
    }

    /// The number of a field (below 16) and how its value is encoded.
    fn key(&mut self, field: u8, kind: u8) {
        self.0.push(field << 3 | kind);
    }

    /// Seven bits a byte, the lowest first; the eighth bit says that more follow.
    fn number(&mut self, mut value: u64) {
        while value > 127 {
            self.0.push(value as u8 & 127 | 128);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}
