// The page: one React root over GraphiQL's own styles and ours.
import "./workers.js";
import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./page.css";
import { createRoot } from "react-dom/client";
import { Explorer } from "./explorer.jsx";

createRoot(document.getElementById("explorer")).render(<Explorer />);
