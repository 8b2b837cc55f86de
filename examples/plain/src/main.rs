//! An ordinary Cargo program: no framework, no macro, no second crate. It deals hands of cards and keeps the score,
//! slowly enough to set a breakpoint, look around and change the rules of the game while it is played.

use std::io::{self, Write};
use std::thread;
use std::time::Duration;

mod deck;

use deck::{Card, Deck};

/// About an hour: nobody means a forgotten game to run for ever.
const LAST_ROUND: u32 = 7_200;

/// Who plays, and how well so far.
#[derive(Debug)]
struct Player {
    name: String,
    score: u32,
    hand: Vec<Card>,
}

fn main() -> io::Result<()> {
    let last_round = std::env::args().nth(1).and_then(|argument| argument.parse().ok()).unwrap_or(LAST_ROUND);
    let mut deck = Deck::shuffled(2024);
    let mut players = ["Ada", "Grace", "Barbara"].map(Player::new);

    for round in 1..=last_round {
        play(&mut players, &mut deck);
        writeln!(io::stdout(), "round {round:>4}  {}", table(&players))?;
        thread::sleep(Duration::from_millis(500));
    }
    Ok(())
}

impl Player {
    fn new(name: &str) -> Self {
        Player { name: name.to_owned(), score: 0, hand: Vec::new() }
    }
}

/// Deals three cards to everyone; the best hand scores.
fn play(players: &mut [Player], deck: &mut Deck) {
    for player in &mut *players {
        player.hand = deck.deal(3);
    }
    let best = players.iter().map(|player| worth(&player.hand)).max().unwrap_or(0);
    for player in players {
        if worth(&player.hand) == best {
            player.score += 1; // breakpoint: play
        }
    }
}

/// What a hand counts: the sum of its ranks, twice for a pair.
fn worth(hand: &[Card]) -> u32 {
    let sum: u32 = hand.iter().map(|card| u32::from(card.rank)).sum();
    let pair = hand
        .iter()
        .enumerate()
        .any(|(index, card)| hand[..index].iter().any(|other| other.rank == card.rank));
    if pair { sum * 2 } else { sum } // breakpoint: worth
}

fn table(players: &[Player]) -> String {
    let seats = players.iter().map(|Player { name, score, hand }| {
        let hand: Vec<String> = hand.iter().map(Card::to_string).collect();
        format!("{name} {score:>3} [{}]", hand.join(" "))
    });
    seats.collect::<Vec<_>>().join("   ")
}
