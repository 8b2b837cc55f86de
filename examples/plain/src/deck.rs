//! Cards, and a deck of them that shuffles itself when it runs out.

use std::fmt;

/// One of 52.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Card {
    /// 2 to 14: the ace is high.
    pub rank: u8,
    /// Which of the four.
    pub suit: Suit,
}

/// The four suits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suit {
    Clubs,
    Diamonds,
    Hearts,
    Spades,
}

/// The cards that are still to be dealt.
#[derive(Debug)]
pub struct Deck {
    cards: Vec<Card>,
    seed: u64,
}

impl Deck {
    /// A full deck; the same seed deals the same cards.
    pub fn shuffled(seed: u64) -> Self {
        let mut deck = Deck { cards: Vec::new(), seed };
        deck.shuffle();
        deck
    }

    /// Takes cards off the top.
    pub fn deal(&mut self, count: usize) -> Vec<Card> {
        if self.cards.len() < count {
            self.shuffle();
        }
        self.cards.split_off(self.cards.len() - count)
    }

    fn shuffle(&mut self) {
        let suits = [Suit::Clubs, Suit::Diamonds, Suit::Hearts, Suit::Spades];
        self.cards = suits.iter().flat_map(|&suit| (2..=14).map(move |rank| Card { rank, suit })).collect();
        for top in (1..self.cards.len()).rev() {
            let pick = self.roll(top as u64 + 1) as usize;
            self.cards.swap(top, pick); // breakpoint: shuffle
        }
    }

    /// A number below `limit` (an LCG with Knuth's constants).
    fn roll(&mut self, limit: u64) -> u64 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) % limit
    }
}

impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rank = match self.rank {
            11 => 'J',
            12 => 'Q',
            13 => 'K',
            14 => 'A',
            10 => 'T',
            rank => char::from(b'0' + rank),
        };
        let suit = match self.suit {
            Suit::Clubs => '♣',
            Suit::Diamonds => '♦',
            Suit::Hearts => '♥',
            Suit::Spades => '♠',
        };
        write!(f, "{rank}{suit}")
    }
}
