// Judges answers by the description of the API. Standard input: {document, answers: [{method, path, status, type, body}]}, where path is
// that of the description. Standard output: a line for each answer that is not as described; none when all are.
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { readFileSync } from "node:fs";

const { document, answers } = JSON.parse(readFileSync(0, "utf8"));

// What is not described must not be answered either.
function close(schema) {
    if (schema === null || typeof schema !== "object")
        return;
    if (schema.properties && schema.additionalProperties === undefined)
        schema.additionalProperties = false;
    Object.values(schema).forEach(close);
}

close(document.components.schemas);
close(document.paths);
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addFormat("int32", true).addFormat("int64", true);
ajv.addSchema(document, "api");

const pointer = part => part.replaceAll("~", "~0").replaceAll("/", "~1");

for (const { method, path, status, type, body } of answers) {
    const named = `${method} ${path} ${status}`;
    const responses = document.paths[path]?.[method.toLowerCase()]?.responses ?? {};
    const key = [String(status), `${String(status)[0]}XX`, "default"].find(name => responses[name]);
    const content = key && responses[key].content;
    if (!content?.[type]) {
        console.log(`${named}: ${type} is not described`);
        continue;
    }

    const part = ["paths", path, method.toLowerCase(), "responses", key, "content", type, "schema"].map(pointer).join("/");
    const validate = ajv.compile({ $ref: `api#/${part.split("/").map(encodeURIComponent).join("/")}` });
    if (!validate(type === "application/json" ? JSON.parse(body) : body))
        console.log(`${named}: ${ajv.errorsText(validate.errors)} in ${body.slice(0, 300)}`);
}
