"""The handshake of a WebSocket, beneath ASGI: one that cannot be read is refused and closed, where uvicorn would never answer it."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

REFUSED = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\nx-content-type-options: nosniff\r\n\r\n"


class Handshakes(WebSocketsSansIOProtocol):
    """uvicorn's protocol, which forgets a request that its parser of handshakes did not take: with a body, or a line that is too long."""

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated and not self.transport.is_closing():
            self.transport.write(b"".join(self.conn.data_to_send()) or REFUSED)
            self.close_sent = self.handshake_complete = True
            self.transport.close()
