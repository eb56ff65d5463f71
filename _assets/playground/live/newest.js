// The reader's newest wish is the one that counts.

export class Newest {
  /**
   * @param {object} how
   * @param {function(Error|null)} how.onFail told of what went wrong, or null once a wish is done
   * @param {function(boolean)} [how.onBusy] told when work begins and when all of it is over
   * @param {function(AbortSignal): Promise} [how.ready] what to do first after a failure, such as loading again
   * @param {boolean} [how.patient] a wish under way is finished first, where that takes a moment only: else a reader
   *   who moves a slider faster than pictures come would see none
   */
  constructor({ onFail, onBusy = () => {}, ready = async () => {}, patient = false }) {
    Object.assign(this, { onFail, onBusy, ready, patient, next: null, last: null, running: null, failed: false });
  }

  /**
   * Wishes for work, and stops what is under way (patient: lets it finish). Of several wishes that wait, only the newest
   * is done. Resolves once nothing is left to do; never rejects.
   * @param {function(AbortSignal): Promise<void>} work
   */
  ask(work) {
    this.next = this.last = work;
    if (this.running) {
      if (!this.patient) this.controller.abort();
      return this.running;
    }
    this.running = this.go();
    return this.running;
  }

  /** The last wish once more. */
  again() {
    return this.last ? this.ask(this.last) : Promise.resolve();
  }

  async go() {
    this.onBusy(true);
    while (this.next) {
      const work = this.next;
      this.next = null;
      this.controller = new AbortController();
      const { signal } = this.controller;
      try {
        if (this.failed) await this.ready(signal);
        await work(signal);
        this.failed = false;
        this.onFail(null);
      } catch (error) {
        if (signal.aborted) continue;
        this.failed = true;
        this.onFail(error);
      }
    }
    this.running = null;
    this.onBusy(false);
  }
}
