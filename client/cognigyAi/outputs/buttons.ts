import { fieldsOf, join, objectsOf, textOf, type Fields } from './fields';

/** A question with buttons: `How do you want to go on?`, and below it `[Track my order] [Open the shop: https://…]`. */
export function summariseButtons(value: unknown): string {
	const { text, buttons } = fieldsOf(value);
	return join([textOf(text), buttonLine(buttons)], '\n');
}

/** Buttons on a line: their titles, and where those lead that open something. */
export function buttonLine(buttons: unknown): string {
	return join(objectsOf(buttons).map(button), ' ');
}

export function button({ title, name, type, url, payload }: Fields): string {
	const label = textOf(title) || textOf(name);
	const target = textOf(url) || (type === 'phone_number' ? textOf(payload) : '');
	const words = join([label, target], ': ');
	return words && `[${words}]`;
}
