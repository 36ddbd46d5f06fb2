import { FakeClock } from '../support/fakeClock';

/** A clock that somebody sets while it is looked at. */
export class JumpingClock extends FakeClock {
	#looks = 0;
	#jump: { byMs: number; atLook: number } | undefined;

	/** @param atLook before it is looked at for this time from now on, counted from 1 */
	jumpAt(byMs: number, atLook: number): void {
		this.#looks = 0;
		this.#jump = { byMs, atLook };
	}

	/** Whether somebody looked at it often enough to see the jump. */
	get hasJumped(): boolean {
		return this.#jump !== undefined && this.#looks >= this.#jump.atLook;
	}

	override wallTime(): number {
		if (++this.#looks === this.#jump?.atLook) this.jumpWallTime(this.#jump.byMs);
		return super.wallTime();
	}
}
