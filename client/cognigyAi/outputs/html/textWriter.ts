/** Writes text piece by piece, with line breaks between blocks but none before the first or behind the last. */
export class TextWriter {
	readonly #pieces: string[] = [];
	/** How many line breaks are due before the next words. */
	#breaks = 0;
	/** Whether white space at the edges of the text around them means nothing. */
	#isAtBlock = true;
	#needsSpace = false;
	/** What stands before the next words: the marker of a list item, the line between cells. */
	#prefix = '';

	/** A new line, unless one has just begun. */
	block(): void {
		this.#breaks = Math.max(this.#breaks, 1);
		this.#isAtBlock = true;
	}

	/** A line break; two make a blank line, more than that do not make more. */
	lineBreak(): void {
		this.#breaks = Math.min(this.#breaks + 1, 2);
	}

	/** The next words are to stand apart from the last ones. */
	space(): void {
		this.#needsSpace = true;
	}

	/** Before the next words, unless there are none before the next prefix. */
	prefix(prefix: string): void {
		this.#prefix = prefix;
	}

	write(text: string): void {
		const words = this.#withoutEdge(text);
		if (words === '') return;
		if (this.#pieces.length > 0) {
			if (this.#breaks > 0) {
				this.#trimEnd();
				this.#pieces.push('\n'.repeat(this.#breaks));
			} else if (this.#needsSpace && this.#prefix === '' && !/^[\s.,;:!?)\]]/.test(words) && !this.#endsWithSpace()) {
				this.#pieces.push(' ');
			}
		}
		if (this.#prefix !== '') this.#pieces.push(this.#prefix);
		this.#pieces.push(words);
		this.#prefix = '';
		this.#breaks = 0;
		this.#isAtBlock = false;
		this.#needsSpace = false;
	}

	toString(): string {
		return this.#pieces.join('');
	}

	#withoutEdge(text: string): string {
		if (this.#isAtBlock) return text.trimStart();
		return this.#breaks > 0 ? text.replace(/^[ \t]*\n?[ \t]*/, '') : text;
	}

	#trimEnd(): void {
		for (let piece = this.#pieces.pop(); piece !== undefined; piece = this.#pieces.pop()) {
			const trimmed = this.#isAtBlock ? piece.trimEnd() : piece.replace(/(?<![ \t])[ \t]+$/, '');
			if (trimmed === '') continue;
			this.#pieces.push(trimmed);
			return;
		}
	}

	#endsWithSpace(): boolean {
		return /\s$/.test(this.#pieces.at(-1)?.slice(-1) ?? '');
	}
}
