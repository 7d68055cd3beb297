// The interactive page of the API: forms made from the document that describes it. Nothing comes from elsewhere, and
// nothing is kept.
"use strict";

const BASE = "/api/v1";

function make(name, attributes = {}, ...inside) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
        if (key === "text") element.textContent = value;
        else if (value !== false) element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...inside);
    return element;
}

function token() {
    return document.getElementById("token").value.trim();
}

function shown(text, type) {
    if (!type.includes("json") || type.includes("ndjson")) return text;
    try {
        return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
        return text;
    }
}

function quoted(text) {
    return `'${text.replaceAll("'", "'\\''")}'`;
}

// What a form says: the address, the headers and the body of a request.
function request(operation, form) {
    let path = operation.path;
    const query = new URLSearchParams();
    const headers = {};
    for (const input of form.querySelectorAll("[data-in]")) {
        const value = input.value.trim();
        const name = input.dataset.name;
        if (input.dataset.in === "path") path = path.replace(`{${name}}`, encodeURIComponent(value));
        else if (value === "") continue;
        else if (input.dataset.in === "query") query.append(name, value);
        else headers[name] = value;
    }
    const body = form.querySelector("textarea");
    if (body) headers["Content-Type"] = body.dataset.media;
    const accept = form.querySelector("select");
    if (accept) headers.Accept = accept.value;
    const asked = query.toString();
    return { path: BASE + path + (asked ? `?${asked}` : ""), headers, body: body ? body.value : undefined };
}

// The same as a command; the token stays out of it.
function command(operation, { path, headers, body }) {
    const parts = [`curl -X ${operation.verb.toUpperCase()} ${quoted(location.origin + path)}`];
    if (operation.roles.length > 0) parts.push('-H "Authorization: Bearer $TOKEN"');
    for (const [name, value] of Object.entries(headers)) parts.push(`-H ${quoted(`${name}: ${value}`)}`);
    if (body !== undefined) parts.push(`--data ${quoted(body)}`);
    return parts.join(" \\\n  ");
}

async function send(operation, form, answer) {
    const asked = request(operation, form);
    const headers = { ...asked.headers };
    if (token()) headers.Authorization = `Bearer ${token()}`;
    answer.replaceChildren(make("p", { text: "Sending…", role: "status" }));
    try {
        const response = await fetch(asked.path, {
            method: operation.verb.toUpperCase(),
            headers,
            body: asked.body,
            credentials: "omit",
            redirect: "error",
        });
        const text = await response.text();
        const lines = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
        answer.replaceChildren(
            make("p", { role: "status" },
                make("span", { class: `status ${response.ok ? "good" : "bad"}`,
                    text: `${response.status} ${response.statusText}` })),
            make("h3", { text: "Headers" }),
            make("pre", { tabindex: "0", text: lines }),
        );
        if (text) {
            answer.append(make("h3", { text: "Body" }), make("pre", { tabindex: "0",
                text: shown(text, response.headers.get("content-type") || "") }));
        }
    } catch {
        answer.replaceChildren(make("p", { role: "alert", class: "status bad", text: "No answer came." }));
    }
}

function field(operation, parameter) {
    const id = `${operation.id}-${parameter.in}-${parameter.name}`;
    const filled = parameter.in === "path" ? parameter.example ?? "" : "";
    const input = make("input", { id, "data-in": parameter.in, "data-name": parameter.name, value: filled,
        placeholder: String(parameter.example ?? ""), required: parameter.required === true, spellcheck: "false",
        autocomplete: "off", "aria-describedby": `${id}-note` });
    const kind = parameter.in === "header" ? " (header)" : parameter.required ? "" : " (optional)";
    return [make("label", { for: id, text: parameter.name + kind }), input,
        make("p", { id: `${id}-note`, class: "note", text: parameter.description || "" })];
}

function fields(operation) {
    const all = (operation.parameters || []).flatMap((parameter) => field(operation, parameter));
    for (const [media, content] of Object.entries(operation.requestBody?.content || {})) {
        const id = `${operation.id}-body`;
        const text = make("textarea", { id, "data-media": media, spellcheck: "false" });
        text.value = typeof content.example === "string" ? content.example : JSON.stringify(content.example, null, 2);
        all.push(make("label", { for: id, text: `Body (${media})` }), text);
    }
    const good = Object.entries(operation.responses).find(([status]) => status.startsWith("2"));
    const forms = Object.keys(good?.[1].content || {});
    if (forms.length > 1) {
        const id = `${operation.id}-accept`;
        all.push(make("label", { for: id, text: "Accept" }),
            make("select", { id }, ...forms.map((media) => make("option", { value: media, text: media }))));
    }
    return all;
}

function answers(operation) {
    const lines = Object.entries(operation.responses).map(([status, response]) => {
        const text = response.$ref ? "a problem, see below" : response.description;
        return make("li", {}, make("strong", { text: status }), `: ${text}`);
    });
    return make("ul", {}, ...lines);
}

function entry(operation) {
    const answer = make("div", { "aria-live": "polite" });
    const curl = make("pre", { tabindex: "0" });
    const form = make("form", {}, ...fields(operation), make("button", { type: "submit", text: "Send" }));
    const tell = () => { curl.textContent = command(operation, request(operation, form)); };
    form.addEventListener("input", tell);
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        send(operation, form, answer);
    });
    const details = make("details", { id: operation.id },
        make("summary", {}, make("span", { class: "verb", text: operation.verb.toUpperCase() }),
            make("span", { class: "path", text: operation.path }), ` ${operation.summary}`),
        make("div", { class: "inside" }, make("p", { text: operation.description || "" }), form,
            make("h3", { text: "As a command" }), curl,
            make("h3", { text: "Answer" }), answer,
            make("h3", { text: "Answers that there are" }), answers(operation)));
    details.addEventListener("toggle", tell, { once: true });
    return details;
}

function sorted(described) {
    const all = [];
    for (const [path, verbs] of Object.entries(described.paths)) {
        for (const [verb, operation] of Object.entries(verbs)) {
            all.push({ ...operation, id: operation.operationId, roles: operation["x-roles"] || [], path, verb });
        }
    }
    return all;
}

function find(text) {
    const wanted = text.toLowerCase();
    for (const details of document.querySelectorAll("details")) {
        details.hidden = !details.querySelector("summary").textContent.toLowerCase().includes(wanted);
    }
    for (const section of document.querySelectorAll("section")) {
        section.hidden = !section.querySelector("details:not([hidden])");
    }
}

async function who(event) {
    event.preventDefault();
    const line = document.getElementById("who");
    const headers = token() ? { Authorization: `Bearer ${token()}` } : {};
    try {
        const response = await fetch(`${BASE}/me`, { headers, credentials: "omit" });
        const said = await response.json();
        line.textContent = response.ok ? `${said.account}, ${said.role}: ${said.scopes.join(" ")}` : said.detail;
    } catch {
        line.textContent = "No answer came.";
    }
}

async function begin() {
    document.getElementById("caller").addEventListener("submit", who);
    document.getElementById("search").addEventListener("input", (event) => find(event.target.value));
    const described = await (await fetch(`${BASE}/openapi.json`, { credentials: "omit" })).json();
    const main = document.getElementById("operations");
    const operations = sorted(described);
    const families = (described.tags || []).map((tag) => make("section", { "aria-label": tag.name },
        make("h2", { text: tag.name }),
        ...operations.filter((operation) => operation.tags.includes(tag.name)).map(entry)));
    main.replaceChildren(...families);
    const asked = document.getElementById(location.hash.slice(1));
    if (asked instanceof HTMLDetailsElement) asked.open = true;
}

begin().catch(() => {
    document.getElementById("loading").textContent = "The document could not be read: load the page again.";
});
