async def test_x(declared):
    declared.kill()
    declared.start()
