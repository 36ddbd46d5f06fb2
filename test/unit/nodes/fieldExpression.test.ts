import { fieldOfItem } from '../../../nodes/shared/fieldExpression';

const json = JSON.parse(
	'{"text": "a", "zero": 0, "no": false, "empty": "", "none": null, "list": [1], "deep": {"er": "b"}, "__proto__": "c"}',
);

it.each([
	['={{ $json.text }}', 'a'],
	['={{$json.text}}', 'a'],
	['={{ $json.zero }}', 0],
	['={{ $json.no }}', false],
	['={{ $json.empty }}', ''],
	['={{ $json.deep.er }}', 'b'],
])('reads a field of the item by itself: %s', (expression, expected) => {
	expect(fieldOfItem(expression, json)).toBe(expected);
});

it.each([
	'$json.text',
	'{{ $json.text }}',
	'=Hello {{ $json.text }}',
	'={{ $json.text }}!',
	'={{ $json.text + 1 }}',
	'={{ $json["text"] }}',
	'={{ $json.text.length }}',
	'={{ $json.list }}',
	'={{ $json.list.0 }}',
	'={{ $json.none }}',
	'={{ $json.missing }}',
	'={{ $json.missing.field }}',
	'={{ $json.deep }}',
	'={{ $json.constructor }}',
	'={{ $json.toString }}',
	'={{ $json.constructor.name }}',
	'={{ $json }}',
	'={{ $input.item.json.text }}',
])("leaves everything else to n8n's evaluator: %s", (expression) => {
	expect(fieldOfItem(expression, json)).toBeUndefined();
});
