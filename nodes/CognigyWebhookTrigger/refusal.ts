/** Why a call starts nothing. Holds nothing of the call, so that it can be logged. */
export class Refusal {
	constructor(
		/** Status code of the answer. */
		readonly status: number,
		/** Continues "the call was refused, ". */
		readonly reason: string,
	) {}
}
