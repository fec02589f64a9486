//! What a person may order. On a full disk an order is given a second time: the first made the store give up its reserve.

use super::{Desk, DeskError, Order, Result};
use crate::store::jobs::OnTheWire;
use crate::time::Timestamp;

impl Desk {
    /// Orders an unblock: blocks on their way are called off, and for a while rules only hold this contact.
    /// Gives until when.
    ///
    /// # Errors
    /// When the id is not a contact's, or the store fails.
    pub async fn unblock(&self, contact: &str, order: Order<'_>) -> Result<Timestamp> {
        let done = self.unblock_once(contact, order).await;
        if self.made_room(&done) {
            return self.unblock_once(contact, order).await;
        }
        done
    }

    /// Lets a held contact go: nothing is sent, a block on its way is called off, and for a while rules only hold them.
    /// Gives the number of holds settled, and until when they are exempt.
    ///
    /// # Errors
    /// When nothing is held for the contact or event, or the store fails.
    pub async fn release(&self, held: &str, order: Order<'_>) -> Result<(usize, Timestamp)> {
        let done = self.release_once(held, order).await;
        if self.made_room(&done) {
            return self.release_once(held, order).await;
        }
        done
    }

    /// Has a held block carried out: a person's word, so no protection and no brake stands against it.
    /// Gives the number of holds settled.
    ///
    /// # Errors
    /// When nothing is held for the contact or event, or the store fails.
    pub async fn confirm(&self, held: &str, order: Order<'_>) -> Result<usize> {
        let done = self.confirm_once(held, order).await;
        if self.made_room(&done) {
            return self.confirm_once(held, order).await;
        }
        done
    }

    /// Throws the stop switch for every replica. Gives the calls that may be on the wire: they may still finish.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn stop(&self, order: Order<'_>) -> Result<Vec<OnTheWire>> {
        let done = self.stop_once(order).await;
        if self.made_room(&done) {
            return self.stop_once(order).await;
        }
        done
    }

    /// Takes the stop switch back for every replica. `false` when it was not thrown.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn go(&self, order: Order<'_>) -> Result<bool> {
        let done = self.go_once(order).await;
        if self.made_room(&done) {
            return self.go_once(order).await;
        }
        done
    }

    /// Whether the disk was full and there may be room now.
    pub(super) fn made_room<T>(&self, done: &Result<T>) -> bool {
        let Err(DeskError::Store(error)) = done else {
            return false;
        };
        self.store.saw(error);
        error.is_full()
    }
}
